//! The same print on two letters.

use ruhu_device::{Device, NotCompared, PrintReuse};
use ruhu_text::Lang;
use serde_json::json;

use crate::clock;
use crate::failure::Failure;
use crate::output::Output;

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
    let mut looked = 0;
    loop {
        let at = device.letter_look(AT_ONCE)?;
        looked += at.looked;
        if at.looked == 0 || at.left == 0 {
            break;
        }
        output.progress(&match output.lang() {
            Lang::Zh => format!("看授权书照片：已看 {looked} 张，还有 {} 张", at.left),
            Lang::En => format!("Looking at photos of letters: {looked}, {} left", at.left),
        });
    }
    output.end_progress();
    let all = device.letter_reuse_held()?;
    let lang = output.lang();
    for pair in &all.pairs {
        match output.json() {
            true => output.value(pair)?,
            false => output.line(&format!("{} {}", pair.said().get(lang), pair.score))?,
        }
    }
    if output.json() {
        let summary = json!({
            "photos": all.photos, "prints": all.prints, "pairs": all.pairs.len(),
            "not_shown": all.not_shown, "not_compared": all.not_compared, "rebuilt": all.rebuilt,
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
    not_compared(output, &all.not_compared)?;
    if all.rebuilt.is_some() {
        output.line(output.pick(
            "捺印图像库曾经丢失或损坏，已按本机照片重建。",
            "The pictures of prints were lost or damaged, and were made again of the photos here.",
        ))?;
    }
    Ok(())
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

fn not_compared(output: &mut Output, reasons: &[NotCompared]) -> Result<(), Failure> {
    let lang = output.lang();
    for NotCompared { photos, message, .. } in reasons {
        output.line(&match lang {
            Lang::Zh => format!("  没有比对 {photos} 张：{}", message.zh),
            Lang::En => format!("  not compared, {photos}: {}", message.en),
        })?;
    }
    Ok(())
}
