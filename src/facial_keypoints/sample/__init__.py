"""Draws people whose facial landmarks are known exactly, in the two layouts the project reads."""
