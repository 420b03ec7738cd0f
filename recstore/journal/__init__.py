"""The journal: one hash-linked list of entries per account. An entry stands before the effect it tells of."""
