"""A comparison of learners from many runs: compact files of what they reached, and tables and figures of them."""
