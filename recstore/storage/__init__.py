"""Where sealed bytes rest: a small protocol, its drivers, and the store that runs beside us."""
