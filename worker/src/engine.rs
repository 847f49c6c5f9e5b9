//! The filters, each image in a process that knows nothing but that image.
//!
//! Strangers' bytes and C libraries meet in a child of the worker: `imgfilter engine`, one for each slot ([`pool`]). It
//! has no network, no secrets and no files but the operator's assets ([`sandbox`]); a hang is killed at its deadline, and
//! what runs out of memory or breaks off costs exactly its own task. Both sides speak over a socket on which sealed
//! memory is passed ([`parcel`], [`channel`]); what they say is in [`message`]. [`process`] is a child as the worker sees
//! it, [`serve`] the same from within.

pub mod channel;
pub mod message;
pub mod parcel;
pub mod pool;
pub mod process;
pub mod sandbox;
pub mod serve;
