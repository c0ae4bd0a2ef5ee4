"""What ``make bench`` measures: the bars of docs/performance.md, each against its floor, in one run."""
