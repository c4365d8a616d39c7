"""Replace pasted copies of test helpers by imports of the shared ones that they are equal to."""
