"""The door out: notebooks run with checked parameters, one document, its writers, the gate."""
