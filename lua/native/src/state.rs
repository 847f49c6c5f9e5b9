//! The configuration that all calls share.
//!
//! nginx reads it once in its master process, before workers are forked; a reload reads it again in the same
//! process, so it can be replaced.

use std::path::PathBuf;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use imgfilter_api::address::{PushHosts, Reach, Topics, Unusable, push_key};
use imgfilter_api::channel::Channel;
use imgfilter_api::link::{KeyError, LinkKeys};
use imgfilter_api::options::Rules;
use imgfilter_api::signing::{BadSecret, Masters};
use imgfilter_api::telling::Tellable;
use imgfilter_filters::{ChainLimits, Format, Limits, PresetMistake, PresetUse};
use jiff::Span;
use serde::Deserialize;

use crate::sign::Storage;

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// A call came before [`install`].
    #[error("not initialised")]
    Missing,
    /// `link_keys` does not parse.
    #[error("IMGFILTER_LINK_KEYS: {0}")]
    LinkKeys(#[from] KeyError),
    /// Presets cannot be used.
    #[error("IMGFILTER_PRESETS: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Presets(Vec<PresetMistake>),
    /// Nothing could be asked for.
    #[error("IMGFILTER_PRESETS_ONLY is true, but there is no preset in {}", .0.display())]
    NoPresets(PathBuf),
    /// `link_life` or `max_link_life` is not a span of time such as `3 months`.
    #[error("IMGFILTER_LINK_LIFE, IMGFILTER_MAX_LINK_LIFE: {0}")]
    LinkLife(#[from] jiff::Error),
    /// `webhook_secret` does not parse.
    #[error(transparent)]
    WebhookSecret(#[from] BadSecret),
    /// `push_key` is none.
    #[error("IMGFILTER_VAPID_PUBLIC_KEY: {0}")]
    PushKey(Unusable),
    /// `channels` names what is none.
    #[error("there is no channel \"{0}\"")]
    Channel(String),
}

/// What the Lua side hands over; the names are those of `IMGFILTER_*`, in lower case.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    public_url: String,
    assets: PathBuf,
    presets: PathBuf,
    presets_only: bool,
    link_keys: String,
    link_life: String,
    max_link_life: String,
    max_filters: usize,
    max_chain_length: usize,
    max_chain_filters: usize,
    max_equation_length: usize,
    max_equation_depth: usize,
    max_equation_operations: usize,
    max_dimension: u32,
    max_pixels: u64,
    max_frames: u32,
    max_total_pixels: u64,
    max_output_dimension: u32,
    fast_lane_ms: f64,
    cost_scale: f64,
    max_attempts: u16,
    anonymous_webhook: bool,
    webhook_insecure: bool,
    webhook_secret: Option<String>,
    channels: String,
    push_hosts: String,
    push_key: Option<String>,
    topics: String,
    max_targets: u16,
    storage: Storage,
    presigned_base: String,
}

/// The configuration, checked.
#[derive(Debug)]
pub struct State {
    /// What every URL begins with.
    pub public_url: String,
    /// The keys of download links.
    pub link_keys: LinkKeys,
    /// What an upload may ask for.
    pub rules: Rules,
    /// What images and chains may be at most.
    pub limits: Limits,
    /// Up to which estimated cost, in milliseconds, a task goes into the fast lane.
    pub fast_lane_ms: f64,
    /// By how much the engine's estimates are multiplied here.
    pub cost_scale: f64,
    /// How often a task is tried before it has failed.
    pub max_attempts: u16,
    /// The object storage.
    pub storage: Storage,
    /// Where clients reach it: scheme and host.
    pub presigned_base: String,
    /// What the secrets of webhooks are derived from; `None`: there are no webhooks.
    pub masters: Option<Masters>,
    /// The public key by which browsers know the service, in base64url; `None`: they are not told.
    pub push_key: Option<String>,
    /// Most targets of an owner.
    pub max_targets: u16,
}

/// Names of the formats that can be written, in the order in which they are listed to people.
static FORMATS: LazyLock<[&str; Format::ALL.len()]> = LazyLock::new(|| Format::ALL.map(Format::name));

impl TryFrom<Config> for State {
    type Error = StateError;

    fn try_from(config: Config) -> Result<Self, StateError> {
        let link_life: Span = config.link_life.parse()?;
        Ok(Self {
            public_url: config.public_url,
            link_keys: LinkKeys::parse(&config.link_keys)?,
            rules: Rules {
                max_filters: config.max_filters,
                formats: &*FORMATS,
                link_life,
                max_link_life: config.max_link_life.parse()?,
                own_life: None,
                lasting: false,
                tellable: Tellable {
                    allowed: config.anonymous_webhook.then_some(Channel::Webhook).into_iter().collect(),
                    on: channels(&config.channels)?,
                    reach: Reach {
                        insecure: config.webhook_insecure,
                        push_hosts: PushHosts::parse(&config.push_hosts),
                        topics: Topics::parse(&config.topics),
                    },
                },
            },
            limits: Limits {
                max_dimension: config.max_dimension,
                max_pixels: config.max_pixels,
                max_frames: config.max_frames,
                max_total_pixels: config.max_total_pixels,
                max_output_dimension: config.max_output_dimension,
                chains: ChainLimits {
                    max_length: config.max_chain_length,
                    max_filters: config.max_chain_filters,
                    max_equation_length: config.max_equation_length,
                    max_equation_depth: config.max_equation_depth,
                    max_equation_operations: config.max_equation_operations,
                    presets: if config.presets_only { PresetUse::Only } else { PresetUse::Allowed },
                },
            },
            fast_lane_ms: config.fast_lane_ms,
            cost_scale: config.cost_scale,
            max_attempts: config.max_attempts,
            storage: config.storage,
            presigned_base: config.presigned_base,
            masters: config.webhook_secret.as_deref().map(Masters::parse).transpose()?,
            push_key: config.push_key.as_deref().map(push_key).transpose().map_err(StateError::PushKey)?,
            max_targets: config.max_targets,
        })
    }
}

/// Channels with commas between.
fn channels(list: &str) -> Result<Vec<Channel>, StateError> {
    let names = list.split(',').filter(|name| !name.is_empty());
    names.map(|name| Channel::from_name(name).ok_or_else(|| StateError::Channel(name.to_owned()))).collect()
}

static STATE: RwLock<Option<Arc<State>>> = RwLock::new(None);

/// Takes a configuration for all calls from now on.
///
/// # Errors
/// When it cannot be used; the former one then stays.
pub fn install(config: Config) -> Result<(), StateError> {
    let (assets, folder) = (config.assets.clone(), config.presets.clone());
    let state = Arc::new(State::try_from(config)?);
    // Presets name assets.
    imgfilter_filters::set_assets_folder(Some(&assets));
    let limits = &state.limits.chains;
    let presets = imgfilter_filters::read_presets(&folder, limits).map_err(StateError::Presets)?;
    if presets.is_empty() && limits.presets == PresetUse::Only {
        return Err(StateError::NoPresets(folder));
    }
    imgfilter_filters::set_presets(presets);
    *STATE.write().unwrap_or_else(PoisonError::into_inner) = Some(state);
    Ok(())
}

/// The configuration.
///
/// # Errors
/// [`StateError::Missing`] before the first [`install`].
pub fn current() -> Result<Arc<State>, StateError> {
    STATE.read().unwrap_or_else(PoisonError::into_inner).clone().ok_or(StateError::Missing)
}
