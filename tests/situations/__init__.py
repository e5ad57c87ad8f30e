"""The expert review: who has what trouble, and which tip may come first."""
