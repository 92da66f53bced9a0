//! Whole-system tests and their tools
