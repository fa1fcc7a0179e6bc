"""The programs of the corpus are read by the tests, never imported: they would run outside the sandbox."""

collect_ignore = ["attacks", "benign"]
