//! Stand-in for Pica.
