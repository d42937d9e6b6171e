"""Learning libraries that train on the envs; tools/test-learners installs and runs them."""
