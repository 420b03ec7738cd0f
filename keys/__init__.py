"""The key agent: the only code that ever holds an account's private key. Imports nothing of recstore."""
