//! Pictures that came with a text.

use serde::{Deserialize, Serialize};

/// Where a picture is on its way to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PictureState {
    /// Still at the carrier.
    Waiting,
    /// Here, to be fetched.
    Stored,
    /// Not here, and not being fetched.
    Failed,
}

/// Why a picture is not here; its words are a sentence for whoever reads the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PictureProblem {
    /// Its address is not one of the carrier's: it is not asked for.
    #[error("It is at an address where the carrier keeps no pictures, so it was not fetched.")]
    Elsewhere,
    /// The carrier keeps pictures for a limited time.
    #[error("The carrier does not have it any more.")]
    Gone,
    /// Over `sms.picture_bytes`.
    #[error("It is larger than pictures may be here.")]
    TooBig,
    /// Its first bytes say something else, or nothing.
    #[error("It is not a picture that can be shown: JPEG, PNG, GIF and WebP can.")]
    NotShown,
    /// No answer, or a refusal that may pass.
    #[error("The carrier did not give it.")]
    NotGiven,
    /// The gateway that the text came through is gone, or has no pictures.
    #[error("The gateway that it came through is not set up any more.")]
    NoGateway,
}

impl PictureProblem {
    /// Whether the same request may have another end later.
    pub const fn may_pass(self) -> bool {
        matches!(self, Self::NotGiven | Self::NoGateway)
    }
}

/// A picture as everybody sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(example = json!({
    "id": "0199f3a0-5c1d-7a53-9c1e-2f1f64c2b9aa", "content_type": "image/jpeg", "bytes": 48213, "state": "stored",
    "reason": null, "can_retry": false
}))]
pub struct Picture {
    /// Its id.
    pub id: String,
    /// What its first bytes say that it is.
    pub content_type: Option<String>,
    /// How large it is.
    pub bytes: Option<usize>,
    /// Where it is on its way.
    pub state: PictureState,
    /// Why it is not here, in a sentence; only when it `failed`.
    #[serde(default)]
    pub reason: Option<String>,
    /// It `failed`, and may come when it is tried again.
    #[serde(default)]
    pub can_retry: bool,
}

impl Picture {
    /// One that is still at the carrier.
    pub const fn waiting(id: String) -> Self {
        Self {
            id,
            content_type: None,
            bytes: None,
            state: PictureState::Waiting,
            reason: None,
            can_retry: false,
        }
    }

    /// Becomes one that is here.
    pub fn has_come(&mut self, content: &Content) {
        *self = Self {
            content_type: Some(content.content_type.to_owned()),
            bytes: Some(content.bytes.len()),
            state: PictureState::Stored,
            ..Self::waiting(std::mem::take(&mut self.id))
        };
    }

    /// Becomes one that does not come.
    pub fn has_failed(&mut self, problem: PictureProblem) {
        *self = Self {
            state: PictureState::Failed,
            reason: Some(problem.to_string()),
            can_retry: problem.may_pass(),
            ..Self::waiting(std::mem::take(&mut self.id))
        };
    }
}

/// The bytes of a picture that browsers can show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    bytes: Vec<u8>,
    content_type: &'static str,
}

impl Content {
    /// Takes what a carrier gave, if it is a picture and not larger than `most` bytes.
    pub fn of(bytes: Vec<u8>, most: usize) -> Result<Self, PictureProblem> {
        if bytes.len() > most {
            return Err(PictureProblem::TooBig);
        }
        let content_type = picture_type(&bytes).ok_or(PictureProblem::NotShown)?;
        Ok(Self {
            bytes,
            content_type,
        })
    }

    /// As they came.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// What the first bytes of a file say that it is, when it is a picture that browsers show and
/// that can hold no script.
pub fn picture_type(content: &[u8]) -> Option<&'static str> {
    match content {
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some("image/png"),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some("image/gif"),
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => Some("image/webp"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pictures_are_pictures() {
        for (content, expected) in [
            (&b"\xff\xd8\xff\xe0"[..], Some("image/jpeg")),
            (b"\x89PNG\r\n\x1a\n....", Some("image/png")),
            (b"GIF89a...", Some("image/gif")),
            (b"RIFF\0\0\0\0WEBPVP8 ", Some("image/webp")),
            (b"<svg onload=alert(1)>", None),
            (b"RIFF\0\0\0\0WAVE", None),
            (b"", None),
        ] {
            assert_eq!(picture_type(content), expected);
        }
    }
}
