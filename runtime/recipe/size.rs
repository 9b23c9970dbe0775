//! Limits on the size of front matter. They are checked before it is parsed, because `gscript info`
//! shows recipes that their user does not trust.

use super::block::BlockLine;

/// The largest TOML block in bytes.
const BLOCK: usize = 128 << 10;
/// The longest prose in bytes.
const PROSE: usize = 512 << 10;
/// The most parameters.
const PARAMS: usize = 500;
/// The most entries of `[needs]`.
const NEEDS: usize = 1000;

/// A limit that front matter exceeds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLarge {
    pub(super) line: u32,
    pub(super) why: String,
}

/// Checks the lines of the block and of the prose around it.
pub(super) fn check_lines(
    block: &[BlockLine<'_>],
    prose: &[BlockLine<'_>],
) -> Result<(), TooLarge> {
    for (lines, what, most) in [(block, "the TOML block", BLOCK), (prose, "the prose", PROSE)] {
        let mut bytes = 0;
        for (line, text) in lines {
            bytes += text.len() + 1;
            if bytes > most {
                let why = format!("{what} is larger than {} KiB", most >> 10);
                return Err(TooLarge { line: *line, why });
            }
        }
    }
    Ok(())
}

/// Checks the numbers of parameters and of entries of `[needs]`.
pub(super) fn check_counts(params: usize, needs: usize, line: u32) -> Result<(), TooLarge> {
    for (count, what, most) in
        [(params, "parameters", PARAMS), (needs, "entries of [needs]", NEEDS)]
    {
        if count > most {
            let why = format!("{count} {what}, but at most {most} are allowed");
            return Err(TooLarge { line, why });
        }
    }
    Ok(())
}
