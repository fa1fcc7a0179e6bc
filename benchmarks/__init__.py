"""The benchmark: runs agents over tasks and seeds under one budget, and reports what they reached."""
