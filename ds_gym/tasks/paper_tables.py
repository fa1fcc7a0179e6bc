"""The tables of arXiv 2402.06700: what they are, where they come from, and how they are read.

Licences are given as far as they are known; the files are not part of this package.
"""

from __future__ import annotations

from dataclasses import dataclass

UCI_LICENCE = "CC BY 4.0 (UCI), not confirmed for the copy at hand"


@dataclass(frozen=True)
class PaperTable:
    """One table.

    Attributes:
        name: name of the task and of its CSV file.
        title: the name as a person writes it.
        description: what is to be predicted, in one sentence ending in a full stop.
        target: name of the predicted column.
        n_rows: rows of the published table, those with missing values included.
        source: where the rows come from, with a citation.
        licence: under what terms they may be used, as far as known.
        url: where a person can download them.
        openml_id: OpenML's number, or None where OpenML does not have the table.
        identifier: a column that only numbers the rows and is left out.
        max_reference_rows: rows that the authors' environment takes from the top of a table that OpenML does not have.
        is_ranked: whether the authors' environment replaces every value, numbers too, by its rank.
        n_sample_rows: rows of a published sample that is accepted in place of the table.
    """

    name: str
    title: str
    description: str
    target: str
    n_rows: int
    source: str
    licence: str
    url: str
    openml_id: int | None = None
    identifier: str | None = None
    max_reference_rows: int | None = None
    is_ranked: bool = False
    n_sample_rows: int | None = None


def _openml(openml_id: int, name: str, title: str, description: str, **fields: object) -> PaperTable:
    return PaperTable(
        name=name,
        title=title,
        description=description,
        url=f"https://www.openml.org/d/{openml_id}",
        openml_id=openml_id,
        **fields,  # type: ignore[arg-type]
    )


PAPER_TABLES = {
    table.name: table
    for table in (
        PaperTable(
            name="kidney_stone",
            title="Kidney Stone",
            description="Predict whether a urine sample comes from a person with kidney stones, from its analysis.",
            target="target",
            n_rows=414,
            source="Kaggle, Playground Series S3E12 (train.csv), 2023",
            licence="rules of the Kaggle competition; not confirmed",
            url="https://www.kaggle.com/competitions/playground-series-s3e12",
            identifier="id",
        ),
        PaperTable(
            name="pharyngitis",
            title="Pharyngitis",
            description="Predict the result of a rapid streptococcus test, from the age and symptoms of a child.",
            target="radt",
            n_rows=676,
            source="Kaggle, yoshifumimiya/pharyngitis",
            licence="not confirmed",
            url="https://www.kaggle.com/datasets/yoshifumimiya/pharyngitis",
            identifier="number",
        ),
        PaperTable(
            name="health_insurance",
            title="Health Insurance",
            description="Predict whether a customer responds to the offer of an insurance, from person and policy.",
            target="Response",
            n_rows=50_882,
            source="Kaggle, owaiskhan9654/health-insurance-lead-prediction-raw-data",
            licence="not confirmed",
            url="https://www.kaggle.com/datasets/owaiskhan9654/health-insurance-lead-prediction-raw-data",
            identifier="ID",
            max_reference_rows=2_000,
            is_ranked=True,
        ),
        PaperTable(
            name="spaceship_titanic",
            title="Spaceship Titanic",
            description="Predict whether a passenger was transported to another dimension, from a spaceship's records.",
            target="Transported",
            n_rows=8_693,
            source="Kaggle, Spaceship Titanic (train.csv), 2022",
            licence="CC BY 4.0, not confirmed",
            url="https://www.kaggle.com/competitions/spaceship-titanic",
            identifier="PassengerId",
            max_reference_rows=2_000,
            is_ranked=True,
        ),
        _openml(
            15,
            "breast_w",
            "Breast Cancer Wisconsin",
            "Predict whether a breast tumour is benign or malignant, from nine graded properties of its cells.",
            target="Class",
            n_rows=699,
            source="OpenML 15 (UCI; Wolberg and Mangasarian 1990)",
            licence=UCI_LICENCE,
        ),
        _openml(
            23,
            "cmc",
            "Contraceptive Method Choice",
            "Predict which contraceptive method a woman uses (none, long-term, short-term), from her household.",
            target="Contraceptive_method_used",
            n_rows=1_473,
            source="OpenML 23 (UCI; 1987 National Indonesia Contraceptive Prevalence Survey, T.-S. Lim 1997)",
            licence=UCI_LICENCE,
        ),
        _openml(
            31,
            "credit_g",
            "German Credit",
            "Predict whether a person is a good or a bad credit risk, from the loan and the person's circumstances.",
            target="class",
            n_rows=1_000,
            source="OpenML 31 (UCI Statlog; H. Hofmann 1994)",
            licence=UCI_LICENCE,
        ),
        _openml(
            37,
            "diabetes",
            "Diabetes",
            "Predict whether a woman of Pima heritage tests positive for diabetes, from eight medical measurements.",
            target="class",
            n_rows=768,
            source="OpenML 37 (National Institute of Diabetes and Digestive and Kidney Diseases; Smith et al. 1988)",
            licence="public (OpenML), not confirmed",
        ),
        _openml(
            188,
            "eucalyptus",
            "Eucalyptus Soil Conservation",
            "Predict how useful a eucalyptus seedlot is for soil conservation, from its site and growth.",
            target="Utility",
            n_rows=736,
            source="OpenML 188 (Waikato agricultural data; B. Bulloch)",
            licence="public (OpenML), not confirmed",
        ),
        _openml(
            1068,
            "pc1",
            "PC1 Software Defect",
            "Predict whether a module of flight software has defects, from measures of its source code.",
            target="defects",
            n_rows=1_109,
            source="OpenML 1068 (NASA Metrics Data Program; PROMISE repository, Sayyad Shirabad and Menzies 2005)",
            licence="public (OpenML), not confirmed",
        ),
        _openml(
            1169,
            "airlines",
            "Airlines",
            "Predict whether a flight is delayed, from its airline, number, airports, day, time and length.",
            target="Delay",
            n_rows=539_383,
            source="OpenML 1169 (ASA Data Expo 2009; E. Ikonomovska)",
            licence="public (OpenML), not confirmed",
            n_sample_rows=26_969,
        ),
        _openml(
            41027,
            "jungle_chess",
            "Jungle Chess",
            "Predict whether white wins, black wins or nobody, from strength, file and rank of the last two pieces.",
            target="class",
            n_rows=44_819,
            source="OpenML 41027 (J. N. van Rijn and J. K. Vis, 2014)",
            licence="public (OpenML), not confirmed",
        ),
    )
}
"""Name -> table, for the twelve that the package does not make itself."""

PAPER_NAMES = (
    "kidney_stone", "pharyngitis", "health_insurance", "spaceship_titanic", "balance_scale", "breast_w", "cmc",
    "credit_g", "diabetes", "tic_tac_toe", "eucalyptus", "pc1", "airlines", "jungle_chess",
)  # fmt: skip
"""All fourteen, in the order of the paper."""
