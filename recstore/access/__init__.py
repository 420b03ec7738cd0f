"""Who may do what with which item: facts, rules, decisions. See README.md in this folder."""
