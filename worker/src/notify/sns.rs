//! Amazon SNS: one call, and what its failures mean.

use std::error::Error;
use std::time::Duration;

use aws_sdk_sns::Client;
use aws_sdk_sns::config::retry::RetryConfig;
use aws_sdk_sns::config::timeout::TimeoutConfig;
use aws_sdk_sns::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_sns::error::SdkError;
use aws_sdk_sns::operation::publish::PublishError;
use aws_sdk_sns::operation::publish::builders::PublishFluentBuilder;
use aws_smithy_http_client::{Builder, tls};
use hyper_util::client::legacy;
use url::Url;

use super::http::host_of;
use crate::config::{self, ConfigError};

/// A client of SNS. Nothing is ever sent twice by it: whoever calls decides that.
#[derive(Clone)]
pub struct Sns {
    client: Client,
    host: String,
}

/// What becomes of a connection after its call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connections {
    /// It is kept for the next.
    Kept,
    /// Each call has its own: one that was kept may have been closed meanwhile, and nobody could tell whether the message had
    /// gone out by it.
    OneEach,
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Published {
    /// It was taken.
    Yes,
    /// It was not, by the service's answer: its status and code.
    No(u16, String),
    /// Certainly nothing was sent.
    NotSent(String),
    /// Something may have been sent, and there was no answer.
    Lost(String),
}

impl Sns {
    /// A client with these settings. Nothing is connected before the first call.
    ///
    /// # Errors
    /// The credentials are missing, or the endpoint is no URL.
    pub fn new(settings: &config::Notify, connections: Connections) -> Result<Self, ConfigError> {
        let (access_key, secret_key) = settings.sns.pair()?;
        let region = &settings.sns.sns_region;
        let endpoint = settings.sns.sns_endpoint.as_deref().filter(|endpoint| !endpoint.is_empty());
        let url = endpoint.map_or_else(|| format!("https://sns.{region}.amazonaws.com"), str::to_owned);
        let host = Url::parse(&url)
            .ok()
            .as_ref()
            .and_then(host_of)
            .ok_or(ConfigError::Invalid { name: "IMGFILTER_SNS_ENDPOINT", reason: "not a URL".to_owned() })?;
        let mut http =
            Builder::new().tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring));
        if connections == Connections::OneEach {
            http = http.pool_max_idle_per_host(0);
        }
        let http = http.build_https();
        let credentials = Credentials::new(access_key.reveal(), secret_key.reveal(), None, None, "imgfilter");
        let mut config = aws_sdk_sns::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(http)
            .region(Region::new(region.clone()))
            .credentials_provider(credentials)
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts(settings.notify_connect_timeout, settings.notify_timeout));
        if let Some(endpoint) = endpoint {
            config = config.endpoint_url(endpoint);
        }
        Ok(Self { client: Client::from_conf(config.build()), host })
    }

    /// The host that is asked.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// A call that is still to be filled in.
    pub fn publish(&self) -> PublishFluentBuilder {
        self.client.publish()
    }
}

impl Published {
    /// Makes a call.
    pub async fn by(call: PublishFluentBuilder) -> Self {
        match call.send().await {
            Ok(_) => Self::Yes,
            Err(error) => Self::failed(error),
        }
    }

    fn failed(error: SdkError<PublishError>) -> Self {
        match &error {
            SdkError::ServiceError(answer) => {
                let code = answer.err().meta().code().unwrap_or("no code").to_owned();
                Self::No(answer.raw().status().as_u16(), code)
            }
            SdkError::ConstructionFailure(_) => Self::NotSent(innermost(&error)),
            SdkError::DispatchFailure(_) if never_connected(&error) => Self::NotSent(innermost(&error)),
            _ => Self::Lost(innermost(&error)),
        }
    }
}

fn timeouts(connect: Duration, whole: Duration) -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(connect).operation_timeout(whole).build()
}

/// Whether the connection could not be made. Only what says so counts.
fn never_connected(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<legacy::Error>() {
            return error.is_connect();
        }
        cause = error.source();
    }
    false
}

fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
