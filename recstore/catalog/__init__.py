"""The catalog: rows about content, people and ties, never content itself. Every query takes an account."""
