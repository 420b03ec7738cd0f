"""`python -m recstore`: the command line."""

from recstore.cli import main

if __name__ == "__main__":
    main()
