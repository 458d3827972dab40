"""What is to be run: the scenario file, the access policy and the library of ready ones."""
