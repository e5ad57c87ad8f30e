"""Role-play without side effects: the schema of a case, the engine, and what a debrief says."""
