"""What ./dev bench measures, a module a part. Each has run(bench) (bench.py) and SECONDS, what it
usually takes."""
