"""Equal tuning of learners: one search space, one design of trials, one file of what came of them."""
