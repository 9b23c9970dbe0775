//! A script that hangs, crashes or leaves the engine.

use super::Attempt;

/// The attempts of this class.
pub fn attempts() -> Vec<Attempt> {
    vec![

        Attempt::new("closures in closures")
            .rhai("let f=||0; for i in 0..100000 { let g=f; f = || g; } 1")
            .planned("sata")
            .exits(2)
            .pending("the stack overflows"),
        Attempt::new("closures in closures while something is mounted")
            .rhai(
                r#"mount::tmpfs("/mnt/q", #{ size: "1M" });
let f=||0; for i in 0..100000 { let g=f; f = || g; }"#,
            )
            .for_real()
            .exits(2)
            .pending("the stack overflows"),
        Attempt::new("deep expressions in deep calls")
            .rhai(&deep())
            .planned("sata")
            .exits(2)
            .pending("the stack overflows"),
        Attempt::new("recursion that sort swallows")
            .rhai("fn f(n) { let a=[1,2,3]; a.sort(|x,y| { f(n+1); 0 }); } f(0)")
            .planned("sata")
            .exits(2)
            .pending("sort swallows a limit"),
        Attempt::new("a regular expression that takes for ever")
            .rhai(
                r#"let s = "a"; s.pad(4000000, "a");
let p = ""; for i in 0..1500 { p += "a*"; } p += "b";
text::find(s, p);"#,
            )
            .lua("text.find(('a'):rep(4000000), ('a*'):rep(1000)..'b')")
            .planned("sata")
            .exits(2)
            .pending("no limit for a primitive"),
        Attempt::new("a pattern that backtracks for ever")
            .lua("local x = ('a'):rep(30000):find('.-.-.-.-b')")
            .planned("sata")
            .exits(2),
        Attempt::new("random numbers from the address of a table")
            .lua("print(tostring({}))")
            .planned("sata")
            .never_says("0x")
            .pending("a table prints its address"),
    ]
}

/// A function whose expression is nested deeply, and which calls itself.
fn deep() -> String {
    let (open, close) = ("1+(".repeat(50), ")".repeat(50));
    format!("fn f(n) {{ if n==0 {{0}} else {{ {open}f(n-1){close} }} }} f(125);")
}
