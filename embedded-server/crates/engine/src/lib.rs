//! Not built yet in this commit.
