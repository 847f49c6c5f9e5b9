//! The ways in which an owner can be told.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A way of telling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// A signed POST to an address of the owner's.
    Webhook,
    /// A letter to a mailbox.
    Email,
    /// A note that a browser shows.
    Push,
    /// A short message to a telephone.
    Sms,
    /// A message to a topic of Amazon SNS.
    Topic,
}

impl Channel {
    /// All of them, in the order of their lanes.
    pub const ALL: [Self; 5] = [Self::Webhook, Self::Email, Self::Push, Self::Sms, Self::Topic];

    /// As it is written everywhere.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Email => "email",
            Self::Push => "push",
            Self::Sms => "sms",
            Self::Topic => "topic",
        }
    }

    /// The channel of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.as_str() == name)
    }

    /// Whether an address has to say by a code that it wants to be told.
    pub fn asks_for_a_code(self) -> bool {
        matches!(self, Self::Email | Self::Sms)
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Names of all channels, for people.
pub(crate) fn names() -> String {
    Channel::ALL.map(Channel::as_str).join(", ")
}

#[cfg(test)]
mod tests {
    use super::Channel;

    #[test]
    fn a_channel_has_one_name() {
        for channel in Channel::ALL {
            assert_eq!(Channel::from_name(channel.as_str()), Some(channel));
            assert_eq!(serde_json::to_value(channel).unwrap(), channel.as_str());
        }
        assert_eq!(Channel::from_name("Email"), None);
    }
}
