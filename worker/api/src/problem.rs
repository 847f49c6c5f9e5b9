//! Errors of the HTTP API: one list of codes, and their form on the wire (RFC 9457, `application/problem+json`).

use serde::Serialize;

/// Media type of a problem.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// Seconds until it makes sense to try again where too much work waits: a queue does not empty in a moment.
const QUEUE_PAUSE: u32 = 30;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $status:literal, $title:literal;)*) => {
        /// What went wrong, for a program. The list is final: `openapi.json` is checked against it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            /// Every code there is.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// As it stands in `code` and at the end of `type`.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The HTTP status it is answered with.
            pub fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }

            /// A short, fixed description for a person.
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

codes! {
    /// The request, or its multipart body, breaks the rules of its syntax.
    MalformedRequest = "malformed_request", 400, "The request is malformed";
    /// A field or parameter that the service does not have.
    UnknownField = "unknown_field", 400, "Unknown field";
    /// A field that may stand once stands twice.
    DuplicateField = "duplicate_field", 400, "Field given twice";
    /// There is no image in the request.
    MissingImage = "missing_image", 400, "No image in the request";
    /// A file part other than `image`.
    UnexpectedFile = "unexpected_file", 400, "Unexpected file";
    /// A multipart upload with a query string.
    UnexpectedQuery = "unexpected_query", 400, "Options belong in the body";
    /// A chain does not parse, or names what does not exist.
    InvalidFilters = "invalid_filters", 400, "The filters are not understood";
    /// More chains than allowed.
    TooManyFilters = "too_many_filters", 400, "Too many filters";
    /// A chain has more characters than allowed.
    ChainTooLong = "chain_too_long", 400, "The chain is too long";
    /// A chain has more filters than allowed.
    TooManyChainFilters = "too_many_chain_filters", 400, "Too many filters in a chain";
    /// An equation has more characters than allowed.
    EquationTooLong = "equation_too_long", 400, "The equation is too long";
    /// An equation is nested deeper than allowed.
    EquationTooDeep = "equation_too_deep", 400, "The equation is nested too deep";
    /// An equation has more operations than allowed.
    EquationTooComplex = "equation_too_complex", 400, "The equation has too many operations";
    /// An argument lies beyond the range of its parameter.
    ParameterOutOfRange = "parameter_out_of_range", 400, "A parameter is out of its range";
    /// Something other than a preset, where nothing else is allowed.
    PresetsOnly = "presets_only", 400, "Only presets are allowed";
    /// `format` is not one the service writes.
    InvalidFormat = "invalid_format", 400, "Unknown output format";
    /// `quality` is not a number from 1 to 100.
    InvalidQuality = "invalid_quality", 400, "Quality out of range";
    /// `effort` is not a number from 1 to 7.
    InvalidEffort = "invalid_effort", 400, "Effort out of range";
    /// `icc` is neither `srgb` nor `keep`.
    InvalidIcc = "invalid_icc", 400, "Unknown treatment of the colour profile";
    /// `expires_in` is not a number of seconds within the life of a link.
    InvalidExpiresIn = "invalid_expires_in", 400, "Life of the link out of range";
    /// `priority` is neither `normal` nor `low`.
    InvalidPriority = "invalid_priority", 400, "Unknown priority";
    /// `delay` is not a number of seconds up to a week.
    InvalidDelay = "invalid_delay", 400, "Delay out of range";
    /// `webhook` is not a URL that may be told.
    InvalidWebhook = "invalid_webhook", 400, "Unusable webhook address";
    /// `email` is not the address of a mailbox.
    InvalidEmail = "invalid_email", 400, "Unusable address of a mailbox";
    /// `sms` is not a telephone number.
    InvalidSms = "invalid_sms", 400, "Unusable telephone number";
    /// `push` is not a subscription of a browser to a known push service.
    InvalidPush = "invalid_push", 400, "Unusable push subscription";
    /// `mute` names what is no channel.
    InvalidMute = "invalid_mute", 400, "Unknown channel to mute";
    /// A target of an owner cannot be told so.
    InvalidTarget = "invalid_target", 400, "Unusable target";
    /// A parameter of a list does not make sense.
    InvalidParameter = "invalid_parameter", 400, "Unusable parameter";
    /// `wait` is not a number of seconds within the limit.
    InvalidWait = "invalid_wait", 400, "Waiting time out of range";
    /// `Idempotency-Key` is too long, or holds what is not visible.
    InvalidIdempotencyKey = "invalid_idempotency_key", 400, "Unusable Idempotency-Key";
    /// `Upload-Length` is missing or not a whole number.
    InvalidUploadLength = "invalid_upload_length", 400, "Unusable length of an upload";
    /// `Upload-Offset` is missing or not a whole number.
    InvalidUploadOffset = "invalid_upload_offset", 400, "Unusable offset of a piece";
    /// `Upload-Metadata` cannot be read.
    InvalidMetadata = "invalid_metadata", 400, "Unusable metadata of an upload";
    /// The request needs a key.
    KeyRequired = "key_required", 401, "A key is required";
    /// The key is not one of this service, or no longer.
    InvalidKey = "invalid_key", 401, "The key is not valid";
    /// The key is good, but not for this.
    ScopeMissing = "scope_missing", 403, "The key does not allow this";
    /// Whoever asks may not name a webhook.
    WebhookNotAllowed = "webhook_not_allowed", 403, "No webhook allowed";
    /// Whoever asks may not name this channel.
    ChannelNotAllowed = "channel_not_allowed", 403, "Channel not allowed";
    /// Not allowed, whatever the reason.
    Forbidden = "forbidden", 403, "Not allowed";
    /// There is nothing here.
    NotFound = "not_found", 404, "Not found";
    /// The resource does not know this method.
    MethodNotAllowed = "method_not_allowed", 405, "Method not allowed";
    /// The request did not arrive in time.
    RequestTimeout = "request_timeout", 408, "The request took too long to arrive";
    /// Another request with the same `Idempotency-Key` was quicker.
    IdempotencyKeyInUse = "idempotency_key_in_use", 409, "The Idempotency-Key is in use";
    /// A delivery is under way.
    DeliveryBusy = "delivery_busy", 409, "The delivery is under way";
    /// A piece does not begin where the upload ends.
    OffsetMismatch = "offset_mismatch", 409, "The piece does not fit";
    /// What was here has ended.
    Gone = "gone", 410, "Gone";
    /// A precondition of the request (`If-Match`, …) does not hold.
    PreconditionFailed = "precondition_failed", 412, "Precondition failed";
    /// The request speaks another version of the tus protocol, or none.
    UnsupportedTusVersion = "unsupported_tus_version", 412, "Unsupported version of the tus protocol";
    /// The body is larger than allowed.
    BodyTooLarge = "body_too_large", 413, "The upload is too large";
    /// The URL is longer than allowed.
    UriTooLong = "uri_too_long", 414, "The URL is too long";
    /// The bytes are not an image.
    NotAnImage = "not_an_image", 415, "Not an image";
    /// The bytes are an image of a format the service does not read.
    UnsupportedFormat = "unsupported_format", 415, "Unsupported image format";
    /// The body is of a type that this address does not take.
    UnsupportedMediaType = "unsupported_media_type", 415, "The body is of another type";
    /// No byte of the range asked for exists.
    RangeNotSatisfiable = "range_not_satisfiable", 416, "Range not satisfiable";
    /// The image is cut short or broken.
    BrokenImage = "broken_image", 422, "The image is broken";
    /// A frame has more pixels than allowed.
    TooManyPixels = "too_many_pixels", 422, "Too many pixels";
    /// All frames together have more pixels than allowed.
    TooManyTotalPixels = "too_many_total_pixels", 422, "Too many pixels in all frames";
    /// Width or height is more than allowed.
    DimensionTooLarge = "dimension_too_large", 422, "The image is too wide or too high";
    /// The animation has more frames than allowed.
    TooManyFrames = "too_many_frames", 422, "Too many frames";
    /// An animation cannot become what was asked for.
    AnimationNotSupported = "animation_not_supported", 422, "Not for animations";
    /// The result, or something on the way to it, would be larger than allowed.
    OutputTooLarge = "output_too_large", 422, "The result would be too large";
    /// The result would be wider or higher than allowed.
    OutputDimensionTooLarge = "output_dimension_too_large", 422, "The result would be too wide or too high";
    /// The chain cannot be applied to this image.
    ImpossibleChain = "impossible_chain", 422, "The filters do not fit the image";
    /// The `Idempotency-Key` stands for another upload.
    IdempotencyKeyReused = "idempotency_key_reused", 422, "The Idempotency-Key is used already";
    /// This service does not tell in this way.
    ChannelOff = "channel_off", 422, "The channel is off";
    /// The address is none that its owner has confirmed.
    UnverifiedTarget = "unverified_target", 422, "The address is not confirmed";
    /// More targets than an owner may have.
    TooManyTargets = "too_many_targets", 422, "Too many targets";
    /// The code is not the one that was sent.
    InvalidCode = "invalid_code", 422, "The code is wrong";
    /// The code is not good any more.
    CodeExpired = "code_expired", 422, "The code has expired";
    /// What was asked for is not for a target in this state.
    TargetState = "target_state", 422, "Not for a target in this state";
    /// The delivery may have arrived, and must not arrive twice.
    NotReplayable = "not_replayable", 422, "The delivery cannot be sent again";
    /// Somebody else is sending the same upload.
    UploadLocked = "upload_locked", 423, "The upload is being sent";
    /// More requests than allowed.
    TooManyRequests = "too_many_requests", 429, "Too many requests";
    /// More uploads than the quota of a day.
    RequestsQuotaExceeded = "requests_quota_exceeded", 429, "Too many uploads for a day";
    /// More bytes than the quota of a day.
    BytesQuotaExceeded = "bytes_quota_exceeded", 429, "Too many bytes for a day";
    /// More megapixels than the quota of a day.
    MegapixelsQuotaExceeded = "megapixels_quota_exceeded", 429, "Too many megapixels for a day";
    /// More tasks that have not ended than allowed.
    OpenTasksExceeded = "open_tasks_exceeded", 429, "Too many open tasks";
    /// More codes than may be sent in a day.
    TooManyCodes = "too_many_codes", 429, "Too many codes";
    /// The headers of the request are larger than allowed.
    HeadersTooLarge = "headers_too_large", 431, "The request's headers are too large";
    /// A fault of the service.
    InternalError = "internal_error", 500, "Internal error";
    /// The service cannot take this now.
    Overloaded = "overloaded", 503, "The service is busy";
    /// The database does not answer.
    DatabaseUnavailable = "database_unavailable", 503, "The database is not available";
    /// The object storage does not answer.
    StorageUnavailable = "storage_unavailable", 503, "The storage is not available";
    /// The upload could not be spooled.
    SpoolUnavailable = "spool_unavailable", 503, "The upload could not be spooled";
    /// The edge holds as many unfinished uploads as it may.
    TooManyUploads = "too_many_uploads", 503, "Too many unfinished uploads";
    /// More tasks wait, or the oldest waits longer, than allowed.
    QueueFull = "queue_full", 503, "Too much work is waiting";
    /// The spool's disk has not the room for this upload.
    SpoolFull = "spool_full", 503, "The spool has no room";
    /// Of a task: its deadline passed.
    DeadlineExceeded = "deadline_exceeded", 504, "The deadline passed";
    /// Of a task: workers were lost over it again and again.
    WorkerLost = "worker_lost", 500, "Workers were lost over this task";
    /// Of a task: the engine that filters died of it again and again.
    EngineCrashed = "engine_crashed", 500, "The engine died of this image";
}

impl Code {
    /// The code of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == name)
    }

    /// The code of an answer made by nginx itself, of which only the status is known.
    pub fn of_status(status: u16) -> Self {
        match status {
            401 => Self::KeyRequired,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            405 => Self::MethodNotAllowed,
            408 => Self::RequestTimeout,
            // All that nginx itself answers so is a piece that does not fit any more.
            409 => Self::OffsetMismatch,
            410 => Self::Gone,
            412 => Self::PreconditionFailed,
            413 => Self::BodyTooLarge,
            414 => Self::UriTooLong,
            415 => Self::NotAnImage,
            416 => Self::RangeNotSatisfiable,
            423 => Self::UploadLocked,
            429 => Self::TooManyRequests,
            431 | 494 => Self::HeadersTooLarge,
            // All that can make nginx itself answer this is a spool that takes nothing.
            503 | 507 => Self::SpoolUnavailable,
            502 | 504 => Self::Overloaded,
            400..=499 => Self::MalformedRequest,
            _ => Self::InternalError,
        }
    }

    /// Seconds after which trying again makes sense; `None` where the same request would fail again.
    pub fn retry_after(self) -> Option<u32> {
        match (self, self.status()) {
            (Self::QueueFull, _) => Some(QUEUE_PAUSE),
            (_, 409 | 423) => Some(1),
            (_, 429 | 503) => Some(5),
            _ => None,
        }
    }
}

/// Where in a chain a mistake stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Position {
    /// Which of the request's chains, from 0.
    pub filters: usize,
    /// Code points from the start of the chain, from 0.
    pub offset: usize,
    /// Code points the mistake spans.
    pub length: usize,
}

/// An error, ready to be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {detail}", .code.as_str())]
pub struct Problem {
    /// What went wrong, for a program.
    pub code: Code,
    /// What went wrong, for a person, about this request.
    pub detail: String,
    /// The field it is about.
    pub field: Option<String>,
    /// The limit that was passed; its unit stands in `detail`.
    pub limit: Option<u64>,
    /// Where in the filters.
    pub position: Option<Position>,
    /// What was probably meant.
    pub suggestion: Option<String>,
}

impl Problem {
    /// A problem with nothing but its code and an explanation.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), field: None, limit: None, position: None, suggestion: None }
    }

    /// Names the field it is about.
    #[must_use]
    pub fn field(mut self, name: impl Into<String>) -> Self {
        self.field = Some(name.into());
        self
    }

    /// Names the limit that was passed.
    #[must_use]
    pub fn limit(mut self, limit: u64) -> Self {
        self.limit = Some(limit);
        self
    }
}

/// The members of a problem on the wire, in their order.
#[derive(Serialize)]
struct Wire<'a> {
    r#type: String,
    title: &'static str,
    status: u16,
    detail: &'a str,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<Position>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suggestion: Option<&'a str>,
}

impl Serialize for Problem {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Wire {
            r#type: format!("/problems/{}", self.code.as_str()),
            title: self.code.title(),
            status: self.code.status(),
            detail: &self.detail,
            code: self.code.as_str(),
            field: self.field.as_deref(),
            limit: self.limit,
            position: self.position,
            suggestion: self.suggestion.as_deref(),
        }
        .serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_wire_form_leaves_out_what_is_not_known() {
        let problem = Problem::new(Code::NotFound, "no such task");
        let expected = json!({"type": "/problems/not_found", "title": "Not found", "status": 404,
                              "detail": "no such task", "code": "not_found"});
        assert_eq!(serde_json::to_value(problem).unwrap(), expected);
    }

    #[test]
    fn the_wire_form_names_field_limit_position_and_suggestion() {
        let mut problem = Problem::new(Code::InvalidFilters, "no such filter").field("filters").limit(16);
        problem.position = Some(Position { filters: 1, offset: 2, length: 3 });
        problem.suggestion = Some("sepia".into());
        let wire = serde_json::to_value(problem).unwrap();
        assert_eq!(wire["position"], json!({"filters": 1, "offset": 2, "length": 3}));
        assert_eq!((&wire["field"], &wire["limit"]), (&json!("filters"), &json!(16)));
        assert_eq!(wire["suggestion"], "sepia");
    }

    #[test]
    fn codes_are_unique_and_found_by_name() {
        for code in Code::ALL {
            assert_eq!(Code::from_name(code.as_str()), Some(*code));
        }
        assert_eq!(Code::from_name("nonsense"), None);
    }

    #[test]
    fn every_status_has_a_code_of_its_class() {
        for status in 400..600 {
            let class = Code::of_status(status).status() / 100;
            assert_eq!(class, status / 100, "{status}");
        }
    }
}
