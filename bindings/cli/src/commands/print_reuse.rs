//! The same print on two letters.

use ruhu_device::{Device, HeldReuse, LookedAt, NotCompared, PrintReuse};
use ruhu_text::Lang;
use ruhu_vision::letter::search::MOST_LAID_OVER;
use serde_json::json;

use crate::clock;
use crate::failure::Failure;
use crate::output::{Output, Ticker};

/// Photos that are looked at before it is said how far it is.
const AT_ONCE: u32 = 1;

/// What somebody should know of the prints of a new photo: where they stand already, and what was not compared.
pub fn tell(output: &mut Output, reuse: &PrintReuse) -> Result<(), Failure> {
    let lang = output.lang();
    for told in &reuse.reused {
        let at = told.earlier.attached_at_ms.map(clock::local).unwrap_or_default();
        output.line(format!("! {} {at}", told.warning.get(lang)).trim_end())?;
    }
    if reuse.more > 0 {
        output.line(&match lang {
            Lang::Zh => format!("! 另有 {} 处相同", reuse.more),
            Lang::En => format!("! and {} more places", reuse.more),
        })?;
    }
    not_shown(output, reuse.not_shown)?;
    if reuse.left > 0 {
        let (compared, left) = (reuse.compared, reuse.left);
        let all = compared.saturating_add(left);
        output.line(&match lang {
            Lang::Zh => format!(
                "  本机 {all} 枚捺印中比对了 {compared} 枚，外形相近的还有 {left} 枚：运行 ruhu letter reuse --held"
            ),
            Lang::En => format!(
                "  compared with {compared} of the {all} prints here, {left} more look like it: ruhu letter reuse --held"
            ),
        })?;
    }
    // Of a photo without a print nothing could be compared.
    if reuse.prints > 0 { not_compared(output, &reuse.not_compared) } else { Ok(()) }
}

/// `ruhu letter reuse --held`: one line a pair, then what was compared and what was not.
pub fn held(device: &Device, output: &mut Output) -> Result<(), Failure> {
    let all = compared(device, &mut Ticker::new(output))?;
    let lang = output.lang();
    for pair in &all.pairs {
        match output.json() {
            true => output.value(pair)?,
            false => output.line(&format!("{} {}", pair.said().get(lang), pair.score))?,
        }
    }
    if output.json() {
        let summary = json!({
            "photos": all.photos, "prints": all.prints, "pairs": all.pairs.len(), "left": all.left,
            "not_come_to": all.not_come_to, "not_shown": all.not_shown, "not_compared": all.not_compared, "rebuilt": all.rebuilt,
        });
        return output.value(&json!({ "summary": summary }));
    }
    output.line(&match lang {
        Lang::Zh => {
            format!("比对了 {} 张照片上的 {} 枚捺印，相同的 {} 对", all.photos, all.prints, all.pairs.len())
        }
        Lang::En => {
            format!("Compared {} prints on {} photos: {} pairs", all.prints, all.photos, all.pairs.len())
        }
    })?;
    not_shown(output, all.not_shown)?;
    left(output, all.left.into())?;
    not_compared(output, &all.not_compared)?;
    if all.rebuilt.is_some() {
        output.line(output.pick(
            "捺印图像库曾经丢失或损坏，已按本机照片重建。",
            "The pictures of prints were lost or damaged, and were made again of the photos here.",
        ))?;
    }
    Ok(())
}

/// Looks at the photos that were not looked at yet, and compares the prints on all.
fn compared(device: &Device, ticker: &mut Ticker<'_>) -> Result<HeldReuse, Failure> {
    let mut looked = 0;
    loop {
        let LookedAt { looked: now, left } = device.letter_look(AT_ONCE)?;
        looked += now;
        if now == 0 || left == 0 {
            break;
        }
        ticker.tell(|| {
            (
                format!("看授权书照片：已看 {looked} 张，还有 {left} 张"),
                format!("Looking at photos of letters: {looked}, {left} left"),
            )
        });
    }
    Ok(device.letter_reuse_held(&mut |done, of| {
        ticker.tell(|| comparing(done, of));
        true
    })?)
}

/// How far comparing prints has come, in Chinese and English.
pub fn comparing(done: usize, of: usize) -> (String, String) {
    (format!("比对捺印：{done} / {of} 枚"), format!("Comparing prints: {done} of {of}"))
}

/// How many pairs were left, beyond those that are laid over each other.
pub fn left(output: &mut Output, pairs: u64) -> Result<(), Failure> {
    if pairs == 0 {
        return Ok(());
    }
    output.line(&match output.lang() {
        Lang::Zh => format!(
            "  另有 {pairs} 对相近的没有逐点比对：每枚捺印只与它之前最相近的 {MOST_LAID_OVER} 枚比对"
        ),
        Lang::En => format!(
            "  {pairs} more pairs look alike and were not laid over each other: each print was with the {MOST_LAID_OVER} before it that are most alike"
        ),
    })
}

fn not_shown(output: &mut Output, count: u32) -> Result<(), Failure> {
    if count == 0 {
        return Ok(());
    }
    output.line(&match output.lang() {
        Lang::Zh => format!("! 另有 {count} 处在您无权查看的户：请告知管理员"),
        Lang::En => {
            format!("! {count} places are in households that you may not see: tell the administrator")
        }
    })
}

/// Why photos were not compared.
pub fn not_compared(output: &mut Output, reasons: &[NotCompared]) -> Result<(), Failure> {
    let lang = output.lang();
    for NotCompared { photos, message, .. } in reasons {
        output.line(&match lang {
            Lang::Zh => format!("  没有比对 {photos} 张：{}", message.zh),
            Lang::En => format!("  not compared, {photos}: {}", message.en),
        })?;
    }
    Ok(())
}
