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
    /// Too large, no picture, or gone at the carrier.
    Failed,
}

/// A picture as everybody sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(example = json!({
    "id": "0199f3a0-5c1d-7a53-9c1e-2f1f64c2b9aa", "content_type": "image/jpeg", "bytes": 48213, "state": "stored"
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
