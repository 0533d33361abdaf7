//! iam-responder: from a change of rights in an AWS account to an alert that people can act upon.
//!
//! Data flows one way. Everything above the wall is pure: no clock, no environment, no files, no
//! network, no `async`; facts in, decision out, and past the door ([`event`]) it cannot fail.
//!
//! ```text
//!  JSON ─▶ input ─▶ event ─▶ derive (facts) ─▶ rule (patterns) ─▶ decide ─▶ alert
//!                     ▲           ▲                  ▲              ▲  ╰─▶ plan
//!                  limits    catalogue,          pattern,        site: calendars,
//!                            principal,          index           severity, silence
//!                            rights, policy
//!  ───────────────────────────────── garden wall ─────────────────────────────────
//!  respond: look up ─▶ derive ─▶ match ─▶ count ─▶ decide ─▶ begin, claim ─▶ publish ─▶ outcome
//!           over the traits of `effects`, in memory or on AWS (`aws`)
//!  remind:  what nobody acknowledged, from the stored alerts ─▶ publish
//!  suppressed: once a day, how much suppressions and overrides silenced ─▶ publish
//! ```
//!
//! [`engine`] holds what was compiled from rules and site file, which [`document`] reads with their lines
//! and [`folder`] finds; [`settings`] are the function's environment variables. [`own`] knows what belongs to
//! the tool itself, by the name it was deployed under, [`arn`] what AWS alone can make, [`prior`] what was
//! before an event, from the events before it, and [`live`] what channels make links and mentions of.
//! [`rule_test`], [`coverage`] and [`bus`] ask the rules themselves: [`bus`] makes of them what EventBridge
//! must deliver. [`lookup`] decides how long an answer about an [`account`] or a change calendar is believed,
//! [`history`] condenses the caller's last hour, [`metrics`] are the function's numbers.
//!
//! Tenets, in this order: two alerts rather than none; an alert rather than a wrong act; every act
//! is reversible, or a human's. Nothing is dropped in silence: what cannot be read is alerted, what
//! cannot be known counts against silence.
//!
//! Deliberately absent: a rule language of our own (EventBridge's is enough), templates in rules,
//! plug-ins, a database in the core.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod iam;
pub mod text;

pub mod event;
pub mod pattern;

pub mod own;
pub mod prior;
pub mod rule;

pub mod site;

pub mod facts;

pub mod plan;

pub mod assess;

pub mod alert;

pub mod effects;

#[cfg(feature = "aws")]
pub mod aws;
pub mod respond;

pub mod operate;
pub mod review;
