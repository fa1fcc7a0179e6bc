"""What running programs in the sandbox costs, against running them bare and against other ways to isolate them."""
