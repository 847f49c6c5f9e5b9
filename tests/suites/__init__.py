"""What `make test` runs: one suite for each kind of test, each with its runner and a way to count."""
