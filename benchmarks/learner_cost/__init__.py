"""What an update of the learners costs: time and memory, measured, and computed on paper for models of any shape."""
