//! `application/x-www-form-urlencoded` as bytes: reading it as text first would change what was
//! signed, and destroys texts that are not UTF-8 (sms-gateways 5.4).

use super::CallbackError;
use percent_encoding::percent_decode;

/// The decoded pairs of a form or a query, as they came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    pairs: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Form {
    /// Reads any bytes; what is between two `&` without `=` is a name without a value.
    pub fn parse(raw: &[u8]) -> Self {
        let pairs = raw.split(|byte| *byte == b'&');
        let pairs = pairs.filter(|pair| !pair.is_empty()).map(|pair| {
            let equals = pair.iter().position(|byte| *byte == b'=');
            let (name, value) = match equals {
                Some(at) => (&pair[..at], &pair[at + 1..]),
                None => (pair, &[][..]),
            };
            (decoded(name), decoded(value))
        });
        Self {
            pairs: pairs.collect(),
        }
    }

    /// The pairs, as they came.
    pub fn pairs(&self) -> &[(Vec<u8>, Vec<u8>)] {
        &self.pairs
    }

    /// The bytes of a parameter. Twice is wrong: whoever signed it may have meant the other one.
    pub fn bytes(&self, name: &str) -> Result<Option<&[u8]>, CallbackError> {
        let mut found = self.pairs.iter().filter(|(key, _)| key == name.as_bytes());
        match (found.next(), found.next()) {
            (_, Some(_)) => Err(CallbackError::Malformed("a parameter comes twice")),
            (value, None) => Ok(value.map(|(_, value)| value.as_slice())),
        }
    }

    /// A parameter as text, `None` when it is absent or empty; what is not UTF-8 becomes U+FFFD.
    pub fn text(&self, name: &str) -> Result<Option<String>, CallbackError> {
        let bytes = self.bytes(name)?.filter(|bytes| !bytes.is_empty());
        Ok(bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned()))
    }
}

/// Pairs that came otherwise than as a form.
impl FromIterator<(Vec<u8>, Vec<u8>)> for Form {
    fn from_iter<T: IntoIterator<Item = (Vec<u8>, Vec<u8>)>>(pairs: T) -> Self {
        Self {
            pairs: pairs.into_iter().collect(),
        }
    }
}

fn decoded(raw: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = raw
        .iter()
        .map(|byte| if *byte == b'+' { b' ' } else { *byte })
        .collect();
    percent_decode(&spaced).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bytes_stay_as_they_are() {
        let form = Form::parse(b"a=%00H+%C3%A9&b&=c&a%3D=1%2&&b2=x=y");
        assert_eq!(form.bytes("a"), Ok(Some(&b"\0H \xc3\xa9"[..])));
        assert_eq!(form.bytes("b"), Ok(Some(&b""[..])));
        assert_eq!(form.text("b"), Ok(None));
        assert_eq!(form.bytes("a="), Ok(Some(&b"1%2"[..])));
        assert_eq!(form.bytes("b2"), Ok(Some(&b"x=y"[..])));
        assert_eq!(form.bytes("B"), Ok(None));
        let twice = Form::parse(b"a=1&a=1");
        assert_eq!(
            twice.text("a"),
            Err(CallbackError::Malformed("a parameter comes twice"))
        );
    }

    proptest! {
        #[test]
        fn no_bytes_panic_and_what_was_encoded_comes_back(
            raw in prop::collection::vec(any::<u8>(), 0..200),
            name in "[a-z]{1,8}",
        ) {
            let _ = Form::parse(&raw).text("a");
            let encoded = percent_encoding::percent_encode(&raw, percent_encoding::NON_ALPHANUMERIC);
            let form = Form::parse(format!("{name}={encoded}").as_bytes());
            prop_assert_eq!(form.bytes(&name), Ok(Some(raw.as_slice())));
        }
    }
}
