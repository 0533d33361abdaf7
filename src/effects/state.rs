//! All state across events, as one trait.

use super::counters::Counters;
use super::deliveries::Deliveries;
use super::notes::Notes;
use super::prior_state::PriorState;
use super::windows::Windows;

/// All ports that an event may need, in one bound.
pub trait State: Deliveries + Windows + Counters + PriorState + Notes {}

impl<S: Deliveries + Windows + Counters + PriorState + Notes> State for S {}
