"""HTTP over recstore: a JSON API and pages. Decides nothing itself; asks the gate."""
