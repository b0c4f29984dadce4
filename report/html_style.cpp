// The look of the page: system fonts, tabular numbers, one accent, light and dark by the reader's setting. No style
// stands in an attribute, so that the policy can name this sheet by its hash and forbid every other.
#include "report/html_parts.h"

namespace touchstone {

namespace {

// A literal may not be longer than 64 kB for some compilers; this one is far below.
constexpr std::string_view sheet = R"css(
:root{color-scheme:light dark;
--bg:#f7f5f1;--card:#fffefb;--ink:#1f1c18;--soft:#6a645a;--line:#e3ddd2;--strong:#cfc7b8;--code:#f1ede5;
--gold:#86640f;--gold-soft:#f6ecd2;
--bad:#a5281b;--bad-soft:#fbe7e3;--odd:#7a3aa0;--odd-soft:#f3e8f9;--blue:#1f5c99;--blue-soft:#e3eef9;
--warn:#8a5a00;--warn-soft:#fcf0d6;--good:#1c6e3d;--good-soft:#e2f3e8;--calm:#54705e;--calm-soft:#e8efe9;
--del:#fdeae7;--del-mark:#f5b9af;--add:#e5f5e9;--add-mark:#a9dcb7;--shade:0 1px 2px #2b231510,0 4px 16px #2b23150a;
--fill-bad:#b3493c;--mono:ui-monospace,SFMono-Regular,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono","Liberation Mono",monospace}
@media (prefers-color-scheme:dark){:root{
--bg:#161412;--card:#1e1b18;--ink:#ece6dc;--soft:#a39a8c;--line:#35302a;--strong:#4b443b;--code:#272320;
--gold:#e2b95a;--gold-soft:#3a2f16;
--bad:#ff8d7d;--bad-soft:#3d1f1b;--odd:#d3a4ef;--odd-soft:#33223d;--blue:#8bbdf0;--blue-soft:#1b2d40;
--warn:#efbd63;--warn-soft:#392b12;--good:#83d3a0;--good-soft:#183222;--calm:#a9c4b2;--calm-soft:#222e27;
--del:#34201d;--del-mark:#73362c;--add:#1a2c20;--add-mark:#2b613d;--shade:none;--fill-bad:#b5574b}}
*{box-sizing:border-box}
html{scroll-padding-top:3.6rem;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif;font-variant-numeric:tabular-nums}
.hero,nav ul,main,footer{max-width:76rem;margin-inline:auto;padding-inline:clamp(1rem,3.5vw,2.5rem)}
h1,h2,h3{line-height:1.2;margin:0;letter-spacing:-.012em;text-wrap:balance}
h2{font-size:1.5rem;font-weight:650}
h3{font-size:1.06rem;font-weight:650}
p{margin:.4rem 0}
a{color:var(--gold);text-underline-offset:.18em;text-decoration-thickness:.06em}
a:hover{text-decoration-thickness:.12em}
:focus-visible{outline:3px solid var(--gold);outline-offset:2px;border-radius:4px}
code,pre,.path,.reference,.digest,.value{font-family:var(--mono);font-size:.86em;font-variant-ligatures:none}
code{overflow-wrap:anywhere}
.patterns{position:absolute}
.skip{position:absolute;left:-99rem;top:.5rem;background:var(--card);padding:.5rem 1rem;border-radius:8px;z-index:9}
.skip:focus{left:1rem}
.note{color:var(--soft);max-width:62rem;margin:.35rem 0 1rem}
.note.base{margin-top:1rem;overflow-wrap:anywhere}
.more,.limit{color:var(--soft);font-style:italic;margin:.6rem 0}
.count{color:var(--soft);font-weight:400;font-size:.86rem;margin-left:.3rem}
.n{text-align:right;white-space:nowrap}
.none{color:var(--soft)}
.scroll{overflow-x:auto;border:1px solid var(--line);border-radius:12px;background:var(--card);box-shadow:var(--shade)}
ul,ol{margin:0;padding:0;list-style:none}
dl{margin:0}dd{margin:0}

.hero{padding-block:2.2rem 1.6rem}
.brand{margin:0 0 1.6rem;font-weight:700;letter-spacing:.01em}
.brand span{font-weight:400;color:var(--soft);margin-left:.35rem}
.verdict{display:flex;gap:1.25rem;align-items:center}
.verdict h1{font-size:clamp(2.3rem,6.2vw,3.9rem);font-weight:750;letter-spacing:-.035em;line-height:1}
.lead{font-size:clamp(1.02rem,2vw,1.25rem);color:var(--soft);margin:.55rem 0 0;max-width:44rem}
.seal{flex:none;fill:none;stroke:currentColor;stroke-width:3.5;stroke-linecap:round;stroke-linejoin:round}
.pass .seal,.pass h1,.met{color:var(--good)}
.fail .seal,.fail h1,.unmet{color:var(--bad)}
.required{margin:1.3rem 0 0;padding:.3rem .9rem;display:inline-block;border:1px solid var(--line);border-radius:99px;background:var(--card);font-size:.94rem}
.platforms{margin-top:1rem;display:flex;flex-wrap:wrap;gap:.4rem 1.4rem}
.platform{margin-top:3rem;border-top:3px solid var(--ink);padding-top:1rem}
.verdict-word{font-weight:400;color:var(--soft)}

nav{position:sticky;top:0;z-index:5;background:var(--bg);border-bottom:1px solid var(--line)}
nav ul{display:flex;gap:.2rem;overflow-x:auto;scrollbar-width:none;font-size:.92rem}
nav a{display:block;white-space:nowrap;padding:.65rem .7rem;color:var(--soft);text-decoration:none;border-bottom:2px solid transparent}
nav li:first-child a{margin-left:-.7rem}
nav a:hover,nav a:focus-visible{color:var(--ink);border-color:var(--gold)}
nav a:focus-visible{outline-offset:-3px}
main>section,footer{margin-top:3rem}
main>section>h2{margin-bottom:.6rem}
main>.reasons{margin-top:1.8rem}
section h3{margin:1.8rem 0 .3rem}

.alarm{background:var(--bad-soft);border-left:4px solid var(--bad);border-radius:4px 12px 12px 4px;padding:1rem 1.2rem;margin:0 0 1.4rem;max-width:62rem}
.alarm b{color:var(--bad)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.6rem,1fr));gap:.75rem}
.tile{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:.8rem 1rem;box-shadow:var(--shade)}
.tile b{display:block;font-size:1.45rem;font-weight:650;letter-spacing:-.02em;line-height:1.2;white-space:nowrap}
.tile span{color:var(--soft);font-size:.87rem}
.tile.warn b{color:var(--warn)}.tile.bad b{color:var(--bad)}.tile.good b{color:var(--good)}
.why{margin-top:1.1rem}
.why li{padding:.28rem 0 .28rem 1.7rem;position:relative;overflow-wrap:anywhere}
.why li::before{position:absolute;left:.15rem;font-weight:700}
.why .bad::before{content:"!";color:var(--bad);left:.35rem}
.why .warn::before{content:"~";color:var(--warn)}
.why .calm::before{content:"·";color:var(--calm);left:.35rem}
.why .bad b{color:var(--bad)}

.sides{display:grid;grid-template-columns:1fr 1fr;gap:1rem}
.card{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:1.1rem 1.3rem;box-shadow:var(--shade);min-width:0}
.card h3{margin:0;color:var(--soft);font-weight:600;font-size:.94rem}
.reference{font-size:.98rem;overflow-wrap:anywhere;margin:.2rem 0 .8rem;font-weight:600}
.side dl,.answers,.digests{display:grid;grid-template-columns:max-content 1fr;gap:.22rem 1.1rem;font-size:.93rem}
.side dt,.answers dt,.digests dt{color:var(--soft)}
.side dd,.answers dd,.digests dd{min-width:0;overflow-wrap:anywhere}
.digest[title]{cursor:help}

.layers{margin:1.4rem 0 .6rem}
.layers svg{display:block;overflow:visible}
.row-name{fill:var(--soft);font-size:13px}
figcaption{color:var(--soft);font-size:.86rem;margin-top:.5rem}
.box rect{stroke:var(--bg);stroke-width:1.5}
.box text{font-size:13px;font-weight:650;text-anchor:middle;fill:var(--ink);paint-order:stroke;stroke:var(--card);stroke-width:3px}
.box.shared rect{fill:var(--strong)}
.box.equal rect{fill:url(#p-equal)}
.box.equivalent rect{fill:url(#p-equivalent)}
.box.different rect{fill:var(--fill-bad)}
.box.different text{fill:#fff;stroke:none}
.box.only rect{fill:var(--card);stroke:var(--bad);stroke-dasharray:4 3}
.patterns .base{fill:var(--line)}.patterns .ink{stroke:var(--soft);stroke-width:1.6;fill:none}
.bands polygon{fill:var(--strong);opacity:.32}
.bands .different{fill:var(--fill-bad);opacity:.22}
.legend{display:flex;flex-wrap:wrap;gap:.35rem 1.6rem;margin-top:.8rem;font-size:.92rem}
.legend li{display:flex;gap:.45rem;align-items:center;flex-wrap:wrap}
.legend span{color:var(--soft)}
.swatch{display:inline-block;flex:none}

details>summary{cursor:pointer;list-style:none}
details>summary::-webkit-details-marker{display:none}
details>summary::before{content:"";flex:none;display:inline-block;width:.42em;height:.42em;border:solid var(--soft);border-width:0 2px 2px 0;transform:rotate(-45deg);margin:0 .75em .12em .2em}
details[open]>summary::before{transform:rotate(45deg)}
.fold{margin-top:.7rem}
.fold>summary{padding:.4rem 0;color:var(--soft)}
.fold>summary:hover{color:var(--ink)}

table{border-collapse:collapse;width:100%;font-size:.92rem}
th{text-align:left;font-weight:600}
thead th{color:var(--soft);font-weight:500;font-size:.86rem;white-space:nowrap}
td,th{padding:.5rem .8rem;vertical-align:top;border-top:1px solid var(--line)}
thead th,.noise tr:first-child>*{border-top:0}
td code,td .value,td .digest,th{overflow-wrap:anywhere}
.layer-table .claim{min-width:18rem}
.layer-table .different .state,.layer-table .only .state{color:var(--bad);font-weight:600}
.layer-table td.n{width:1%}.layer-table thead th{width:1%}

.chip{display:inline-block;font-size:.78rem;line-height:1.35;padding:.08rem .5rem;border-radius:6px;background:var(--code);color:var(--soft);white-space:nowrap;border:1px solid transparent}
.chip.security{background:var(--bad);color:var(--card);font-weight:650}
.chip.suspicious{background:var(--bad-soft);color:var(--bad)}
.chip.unexplained{background:var(--odd-soft);color:var(--odd)}
.chip.input-drift{background:var(--blue-soft);color:var(--blue)}
.chip.hygiene{background:var(--warn-soft);color:var(--warn)}
.chip.benign-metadata{background:var(--calm-soft);color:var(--calm)}
.class,.evidence,.kind{color:var(--soft);font-size:.86rem}
.bar{display:block;border-radius:4px;background:var(--code);overflow:hidden}
.bar rect{fill:var(--strong)}
.bar .done{fill:var(--good)}.bar .part{fill:var(--odd)}.bar .some{fill:var(--strong)}.bar .urgent{fill:var(--bad)}
.bar .suspicious{fill:var(--bad)}.bar .unexplained{fill:var(--odd)}.bar .input-drift{fill:var(--blue)}.bar .hygiene{fill:var(--warn)}.bar .benign-metadata{fill:var(--calm)}
.bar.cover{display:inline-block;vertical-align:.05em;margin-right:.4rem}
.paste{-webkit-user-select:all;user-select:all}

.remedies{counter-reset:r;display:grid;gap:.8rem}
.remedies>li{counter-increment:r;display:grid;grid-template-columns:2.4rem 1fr;background:var(--card);border:1px solid var(--line);border-radius:14px;padding:1rem 1.2rem;box-shadow:var(--shade)}
.remedies>li::before{content:counter(r);font-size:1.5rem;font-weight:700;color:var(--gold);line-height:1.3}
.remedy{min-width:0}
.remedy .paste{display:block;background:var(--code);border-radius:8px;padding:.55rem .8rem;font-size:.9rem}
.remedy p{margin:.55rem 0 .4rem;overflow-wrap:anywhere}
.progress{display:grid;grid-template-columns:minmax(4rem,1fr) auto;gap:.9rem;align-items:center;font-size:.86rem;color:var(--soft)}
.causes .share{width:9rem;min-width:5rem;vertical-align:middle}
.causes td:last-child{min-width:16rem}
.causes td:first-child,.votes td:first-child{font-weight:650}
.causes td:nth-child(3){white-space:nowrap}
.votes td{min-width:6rem}.votes td:first-child{min-width:0;width:1%}
.votes code{background:var(--code);padding:.1rem .35rem;border-radius:5px}
.versions{font-family:var(--mono);font-size:.86em}
.package>summary{color:var(--ink);overflow-wrap:anywhere}
.paths{columns:26rem auto;column-gap:2rem;font-size:.92rem;padding:0 0 .5rem 1.4rem}
.paths li{overflow-wrap:anywhere;break-inside:avoid;padding:.06rem 0}

.tree{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:.7rem 1rem;box-shadow:var(--shade)}
.tree ul{margin-left:.65rem;padding-left:.75rem;border-left:1px solid var(--line)}
.tree summary,.tree .leaf{display:grid;grid-template-columns:1.2rem minmax(6rem,1fr) 15rem 5rem 5.6rem;gap:.6rem;align-items:center;padding:.17rem 0;border-radius:6px}
.tree summary::before{margin:0 0 .1em .2em}
.tree .leaf::before{content:""}
.tree summary:hover,.tree .leaf:hover{background:var(--code)}
.tree .name{overflow-wrap:anywhere;font-family:var(--mono);font-size:.86em}
.tree .flag{color:var(--bad);margin-left:.5rem;font-size:.86rem}
.tree .cell{min-width:0}
.tree .rest{font-size:.86rem;color:var(--soft);font-style:italic}
.tree .n{font-size:.86rem;color:var(--soft)}

.filter{display:flex;flex-wrap:wrap;gap:.5rem .6rem;align-items:center;margin:.4rem 0 1.2rem;font-size:.9rem}
.filter[hidden]{display:none}
.filter input[type=search]{font:inherit;color:inherit;background:var(--card);border:1px solid var(--strong);border-radius:8px;padding:.35rem .7rem;width:16rem;max-width:100%}
.filter button{font:inherit;color:inherit;background:var(--card);border:1px solid var(--strong);border-radius:8px;padding:.35rem .8rem;cursor:pointer}
.pick{display:inline-flex;gap:.4rem;align-items:center;border:1px solid var(--line);border-radius:99px;padding:.2rem .75rem;background:var(--card);cursor:pointer}
.pick input{accent-color:var(--gold)}
.filter output{color:var(--soft)}
.group{margin-top:1.9rem}
.group>h3{font-size:1.16rem;margin-top:0}
.file{background:var(--card);border:1px solid var(--line);border-left-width:4px;margin-bottom:-1px;content-visibility:auto;contain-intrinsic-size:auto 2.6rem}
.file.security,.file.suspicious{border-left-color:var(--bad)}.file.unexplained{border-left-color:var(--odd)}
.file.input-drift{border-left-color:var(--blue)}.file.hygiene{border-left-color:var(--warn)}.file.benign-metadata{border-left-color:var(--calm)}
.note+.file,.file[open],.file[open]+.file{border-top-left-radius:10px;border-top-right-radius:10px}
.file[open],.group>.file:last-of-type{border-bottom-left-radius:10px;border-bottom-right-radius:10px}
.file[open]{margin-block:.6rem;box-shadow:var(--shade)}
.file>summary{display:flex;flex-wrap:wrap;gap:.15rem .6rem;align-items:baseline;padding:.42rem .9rem}
.file>summary:hover,.crowd>summary:hover{background:var(--code);border-radius:8px}
.file>summary::before{margin-right:.1em}
.file .sign{font-family:var(--mono);width:1rem;text-align:center;color:var(--soft)}
.file>summary .path{color:var(--soft);flex:1 1 14rem;min-width:0;overflow-wrap:anywhere;font-size:.92rem}
.path b{color:var(--ink);font-weight:650}
.status{display:flex;flex-wrap:wrap;gap:.25rem;max-width:100%}
.status .chip{white-space:normal}
.body{padding:.3rem 1.1rem 1.1rem;border-top:1px solid var(--line)}
.body>*+*{margin-top:.8rem}
.reasons-list li{padding:.25rem 0;overflow-wrap:anywhere}
.facts{width:auto;min-width:min(100%,34rem);font-size:.9rem}
.facts td,.facts th{padding:.28rem 1.2rem .28rem 0;font-weight:400}
.facts th{min-width:5.4rem}
.facts .security th{color:var(--bad);font-weight:650}
.answers .paste{background:var(--code);padding:.12rem .4rem;border-radius:5px}
.evidence-box{border-top:1px dashed var(--line);padding-top:.4rem}
.evidence-box .kind{margin:.2rem 0 .5rem}
.differences{font-size:.88rem}
.differences td:first-child{white-space:nowrap;max-width:22rem;overflow:hidden;text-overflow:ellipsis}
.differences td{min-width:7rem}
.part{border-left:2px solid var(--strong);padding-left:.9rem;margin-top:.8rem}
.part>summary{padding:.15rem 0;overflow-wrap:anywhere;display:flex;flex-wrap:wrap;gap:.2rem .45rem;align-items:baseline}
.part>summary::before{margin-right:.2em}
.part>summary b{font-family:var(--mono);font-size:.88rem}
.part>*+*{margin-top:.5rem}
.view,.command{margin:.7rem 0 0;background:var(--card);border:1px solid var(--line);border-radius:10px;overflow-x:auto;font-size:.82rem;line-height:1.5;tab-size:4;padding:.45rem 0;max-height:32rem;overflow-y:auto}
.view span{display:block;width:max-content;min-width:100%;padding:0 .9rem}
.view .esc{display:inline;padding:0;color:var(--odd);width:auto;min-width:0}
.view .h{color:var(--soft);background:var(--code)}
.view .p{background:var(--del)}.view .r{background:var(--add)}
.view .o{color:var(--soft);font-style:italic}
mark{color:inherit;border-radius:2px;background:var(--gold-soft)}
.view .p mark{background:var(--del-mark);text-decoration:underline;text-decoration-thickness:1px}
.view .r mark{background:var(--add-mark);text-decoration:underline;text-decoration-thickness:1px}
.crowd{margin:.15rem 0;content-visibility:auto;contain-intrinsic-size:auto 2rem}
.crowd>summary{padding:.28rem .4rem}
.crowd ul{padding:0 0 .6rem 2rem;font-size:.88rem}
.crowd li{font-family:var(--mono);font-size:.84rem;overflow-wrap:anywhere}
.crowd li b{font-weight:600}.crowd i{color:var(--soft);font-style:normal;font-family:system-ui,sans-serif}
.others .security th{color:var(--bad)}.others th,.accepted th{font-weight:600}
.others .detail td{border-top:0;padding-top:0;color:var(--soft)}
.oddities li{padding:.4rem 0;overflow-wrap:anywhere}
.noise th{min-width:10rem}.noise td:last-child{color:var(--soft)}.noise{max-width:54rem}.noise td:first-child{width:1%}
footer{border-top:1px solid var(--line);padding-block:1.4rem 4rem;color:var(--soft);font-size:.94rem}
main footer{padding-inline:0}
footer h2{color:var(--ink);font-size:1.1rem}
.command{padding:.8rem 1rem;white-space:pre-wrap;overflow-wrap:anywhere;color:var(--ink)}
.digests{margin-top:1rem;font-size:.88rem}
[hidden]{display:none!important}

@media (max-width:44rem){
body{font-size:15px}
.sides{grid-template-columns:1fr}
.verdict{align-items:flex-start;gap:.9rem}.seal{width:44px;height:44px}
.brand span{display:block;margin:0}
.tiles{grid-template-columns:1fr 1fr}
.tree{padding:.6rem .7rem}
.tree summary,.tree .leaf{grid-template-columns:1.1rem 1fr 4.2rem;gap:.1rem .5rem}
.tree .bar{grid-column:2;grid-row:2}.tree .n{grid-row:1;grid-column:3}.tree .n+.n{grid-row:2;grid-column:3}
.tree ul{margin-left:.25rem;padding-left:.5rem}
.remedies>li{grid-template-columns:1.7rem 1fr;padding:.9rem}
.file>summary .path{flex-basis:72%}
.status{padding-left:1.5rem}
.body{padding-inline:.8rem}
.answers,.digests{grid-template-columns:1fr;gap:0}
.answers dd,.digests dd{margin-bottom:.45rem}
.box .wide{display:none}
.facts td,.facts th{padding-right:.7rem}
td,th{padding:.45rem .6rem}
.causes thead,.causes .share,.layer-table thead{display:none}
.causes tr{display:grid;grid-template-columns:2.6rem 1fr;border-top:1px solid var(--line);padding:.5rem .3rem}
.causes tr:first-child,.layer-table tr:first-child{border-top:0}
.causes td,.layer-table td{border:0;padding:.12rem .5rem}
.causes td:last-child{grid-column:1/-1;min-width:0}
.layer-table tr{display:grid;grid-template-columns:1.6rem 1.6rem auto 1fr auto;border-top:1px solid var(--line);padding:.5rem .3rem}
.layer-table td.n{width:auto}.layer-table .claim{grid-column:1/-1;min-width:0}
.paths{columns:auto;padding-left:.4rem}
.filter label:first-child,.filter input[type=search]{width:100%}
}
@media (min-width:44.01rem) and (max-width:64rem){.tree summary,.tree .leaf{grid-template-columns:1.2rem minmax(6rem,1fr) 9rem 5rem 5.6rem}}
@media print{
:root{--bg:#fff;--card:#fff;--shade:none}
body{font-size:10.5pt}
nav,.filter,.skip{display:none!important}
.file,.crowd{content-visibility:visible}
.file,.card,.remedies>li,.tile{break-inside:avoid-page;box-shadow:none}
.file[open]{break-inside:auto}
.view{max-height:none;white-space:pre-wrap;overflow:visible}
.view span{width:auto;overflow-wrap:anywhere}
h2,h3,summary{break-after:avoid}
a{color:inherit}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
}
)css";

} // namespace

std::string_view html_style() {
    return sheet;
}

} // namespace touchstone
