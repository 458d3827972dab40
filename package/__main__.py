"""`python -m gatebench`: the command line."""

from gatebench.cli.main import main

if __name__ == "__main__":
    main()
