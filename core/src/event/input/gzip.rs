//! Gzip within a payload, unpacked in memory and up to a limit.

use flate2::{Decompress, FlushDecompress, Status};

/// How gzip begins.
const MAGIC: [u8; 2] = [0x1f, 0x8b];
/// Bytes of the fixed part of its header, and of the trailer.
const HEADER_BYTES: usize = 10;
const TRAILER_BYTES: usize = 8;
/// Bytes that are unpacked at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// Does it begin as gzip does?
pub(super) fn is_packed(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
}

/// The unpacked data of all members.
///
/// # Errors
/// It is damaged, or more than `most` bytes.
pub(super) fn unpacked(packed: &[u8], most: usize) -> Result<Vec<u8>, String> {
    let (mut unpacked, mut rest) = (Vec::new(), packed);
    while is_packed(rest) {
        let data = behind_header(rest).ok_or("its header is cut off")?;
        let used = member(data, most, &mut unpacked)?;
        rest = data.get(used + TRAILER_BYTES..).unwrap_or_default();
    }
    Ok(unpacked)
}

/// Unpacks one member: how many bytes it takes.
fn member(data: &[u8], most: usize, to: &mut Vec<u8>) -> Result<usize, String> {
    let mut state = Decompress::new(false);
    loop {
        let used = usize::try_from(state.total_in()).unwrap_or(usize::MAX);
        let (rest, before) = (data.get(used..).unwrap_or_default(), to.len());
        to.reserve(CHUNK_BYTES);
        let status = state
            .decompress_vec(rest, to, FlushDecompress::None)
            .map_err(|error| error.to_string())?;
        if to.len() > most {
            return Err(format!("more than {most} bytes"));
        }
        let now = usize::try_from(state.total_in()).unwrap_or(usize::MAX);
        match status {
            Status::StreamEnd => return Ok(now),
            _ if now == used && to.len() == before => return Err("it is cut off".to_owned()),
            _ => {}
        }
    }
}

/// Source: <https://datatracker.ietf.org/doc/html/rfc1952#section-2.3>
fn behind_header(member: &[u8]) -> Option<&[u8]> {
    let (checksum, extra, name, comment) = (2, 4, 8, 16);
    let flags = *member.get(3)?;
    let mut rest = member.get(HEADER_BYTES..)?;
    if flags & extra != 0 {
        let length = u16::from_le_bytes([*rest.first()?, *rest.get(1)?]);
        rest = rest.get(2 + usize::from(length)..)?;
    }
    for text in [name, comment] {
        if flags & text != 0 {
            let end = rest.iter().position(|byte| *byte == 0)?;
            rest = rest.get(end + 1..)?;
        }
    }
    match flags & checksum {
        0 => Some(rest),
        _ => rest.get(2..),
    }
}

#[cfg(test)]
mod tests {
    use flate2::{Compress, Compression, FlushCompress};

    use super::*;

    /// One member, with these flags and what they announce.
    fn packed(data: &[u8], flags: u8, announced: &[u8]) -> Vec<u8> {
        let mut member = vec![0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 255];
        member.extend(announced);
        let mut body = Vec::with_capacity(data.len() + 100);
        let mut state = Compress::new(Compression::fast(), false);
        state.compress_vec(data, &mut body, FlushCompress::Finish).unwrap();
        member.extend(body);
        member.extend([0; TRAILER_BYTES]);
        member
    }

    #[test]
    fn members_are_unpacked_up_to_the_limit() {
        let data = b"{\"eventName\":\"CreateUser\"}".repeat(10_000);
        let one = packed(&data, 0, &[]);
        let named = packed(b"!", 4 | 8 | 16 | 2, b"\x02\0xxname\0comment\0cc");
        assert_eq!(unpacked(&one, data.len()).as_deref(), Ok(&data[..]));
        let both = [one.clone(), named].concat();
        assert_eq!(unpacked(&both, data.len() + 1), Ok([&data[..], b"!"].concat()));
        assert_eq!(unpacked(&one, data.len() - 1), Err("more than 259999 bytes".to_owned()));
        for cut in [5, 12, one.len() / 2] {
            assert!(unpacked(&one[..cut], data.len()).is_err(), "{cut}");
        }
        assert!(!is_packed(b"{}"));
    }
}
