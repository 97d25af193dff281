"""What rows and tables must be: reviewed, versioned Great Expectations suites, one module each."""
