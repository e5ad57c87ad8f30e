"""Exercises: what one is, how somebody goes through it, and what is wrong with a file of one."""
