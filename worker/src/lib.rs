//! The image filter service: daemon and command line
