//! An alert as the table keeps it: version 1, frozen.

mod step;

mod alert;
