//! Locks.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks. A lock is only poisoned where a thread panicked; what it guards is whole all the same.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
