//! To which trace does a request belong? W3C Trace Context, level 1 (<https://www.w3.org/TR/trace-context/>).

use std::fmt;
use std::num::{NonZeroU64, NonZeroU128};

use super::Invalid;

/// Names one trace, across every service that has a part in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId(NonZeroU128);

/// Names one part of a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpanId(NonZeroU64);

impl TraceId {
    /// From random bits, all of which count.
    #[must_use]
    pub fn new(random: u128) -> Self {
        Self(NonZeroU128::new(random).unwrap_or(NonZeroU128::MAX))
    }

    /// As OTLP writes it.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.get().to_be_bytes()
    }

    /// Is it among the given share, 0 to 1, of all traces? Every service that goes by the same share says the same of a trace.
    #[must_use]
    pub fn is_among(self, share: f64) -> bool {
        // The last seven bytes are the ones that every maker of ids has to make at random; a float holds 52 bits exactly.
        let [.., a, b, c, d, e, f, g] = self.to_bytes();
        let random = u64::from_be_bytes([0, a, b, c, d, e, f, g]) >> 4;
        let [high, low] =
            [random >> 32, random & u64::from(u32::MAX)].map(|half| u32::try_from(half).unwrap_or_default());
        (f64::from(high) * 4_294_967_296.0 + f64::from(low)) / 4_503_599_627_370_496.0 < share
    }
}

impl SpanId {
    /// From random bits.
    #[must_use]
    pub fn new(random: u64) -> Self {
        Self(NonZeroU64::new(random).unwrap_or(NonZeroU64::MAX))
    }

    /// As OTLP writes it.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 8] {
        self.0.get().to_be_bytes()
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// What a `traceparent` header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceParent {
    /// The trace.
    pub trace: TraceId,
    /// The part of it that asks.
    pub span: SpanId,
    /// Whoever asks may have recorded its part.
    pub sampled: bool,
}

impl TraceParent {
    /// The bytes of version 00, and the least of every later one.
    const LENGTH: usize = 55;

    /// The header's value: `00-`, 32 hexadecimal digits of the trace, `-`, 16 of the span, `-`, two of flags, all in lower case. Of
    /// a later version the same is read, and whatever it has behind another `-` is left alone, as §3.2.4 asks.
    ///
    /// # Errors
    /// When it is anything else, of version ff, or an id is all zeroes.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        Self::read(text)
            .ok_or_else(|| Invalid::rule("a traceparent is VERSION-TRACE-SPAN-FLAGS in lower-case hexadecimal digits"))
    }

    fn read(text: &str) -> Option<Self> {
        let (known, rest) = text.split_at_checked(Self::LENGTH)?;
        let mut members = known.split('-');
        let version = hexadecimal(members.next()?, 2)?;
        let trace = NonZeroU128::new(hexadecimal(members.next()?, 32)?)?;
        let span = u64::try_from(hexadecimal(members.next()?, 16)?).ok().and_then(NonZeroU64::new)?;
        let flags = hexadecimal(members.next()?, 2)?;
        let ends_well = match version {
            0 => rest.is_empty(),
            0xff => false,
            _ => rest.is_empty() || rest.starts_with('-'),
        };
        (ends_well && members.next().is_none()).then_some(Self {
            trace: TraceId(trace),
            span: SpanId(span),
            // Of a later version's flags no more is known than of version 00's.
            sampled: flags & 1 == 1,
        })
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{}-{}-{:02x}", self.trace, self.span, u8::from(self.sampled))
    }
}

/// That many hexadecimal digits, of which no letter is a capital.
fn hexadecimal(text: &str, digits: usize) -> Option<u128> {
    let plain = text.len() == digits && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    plain.then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

/// What `tracestate` headers say: each tracing system's own notes, which are passed on as they came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceState(String);

impl TraceState {
    const LONGEST: usize = 512;
    const MOST_MEMBERS: usize = 32;

    /// The headers' values, joined by commas in the order in which they came.
    ///
    /// # Errors
    /// When it holds no member, more than 32 or two of one key, is longer than 512 bytes, or a member is not KEY=VALUE as §3.3.1
    /// has it.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.len() > Self::LONGEST {
            return Err(Invalid::rule("a tracestate is at most 512 bytes long"));
        }
        let mut keys = Vec::new();
        for member in text.split(',').map(|member| member.trim_matches([' ', '\t'])).filter(|member| !member.is_empty())
        {
            match member.split_once('=') {
                Some((key, value)) if is_key(key) && is_value(value) && !keys.contains(&key) => keys.push(key),
                Some(_) | None => {
                    return Err(Invalid::rule("a member of a tracestate is KEY=VALUE, and each key is there once"));
                }
            }
        }
        if keys.is_empty() || keys.len() > Self::MOST_MEMBERS {
            return Err(Invalid::rule("a tracestate has 1 to 32 members"));
        }
        Ok(Self(text.to_owned()))
    }

    /// As it came.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TraceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A system's name, or TENANT@SYSTEM.
fn is_key(key: &str) -> bool {
    let rest = |text: &str, most: usize| {
        text.len() <= most && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'*' | b'/'))
    };
    let letter = |text: &str| text.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
    let digit = |text: &str| text.bytes().next().is_some_and(|b| b.is_ascii_digit());
    match key.split_once('@') {
        None => letter(key) && rest(key, 256),
        Some((tenant, system)) => {
            (letter(tenant) || digit(tenant)) && rest(tenant, 241) && letter(system) && rest(system, 14)
        }
    }
}

/// Visible ASCII and spaces inside, without `,` and `=`.
fn is_value(value: &str) -> bool {
    let fits = value.bytes().all(|b| matches!(b, b' '..=b'~') && !matches!(b, b',' | b'='));
    !value.is_empty() && value.len() <= 256 && fits && !value.ends_with(' ')
}

#[cfg(test)]
#[path = "trace_context_tests.rs"]
mod tests;
