"""Twelve whole conversations, as they read: what users do in *.txt, how it went in *.md."""
