# attack: bidi_comment | expect: error | class: source | a comment that looks like code and code that looks like a comment, by bidirectional controls
    # ‮ } ⁦ if admin ⁩ ⁦
    raise ValueError("‮⁦ score 1.0")
