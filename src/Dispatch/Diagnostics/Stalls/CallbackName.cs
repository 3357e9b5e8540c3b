using System.Reflection;
using System.Runtime.CompilerServices;

namespace Dispatch;

/// <summary>
/// Names the code behind a callback as its author would: <c>EchoServer.HandleAsync</c> rather than the state machine, closure or envelope that the compiler and Dispatch have wrapped it in. It only looks at types, so that
/// it may look from another thread while the callback runs. Where there is nothing better it names what it sees.
/// </summary>
internal static class CallbackName
{
    private static readonly Assembly Own = typeof(CallbackName).Assembly;

    /// <summary>Names it, or returns null.</summary>
    public static string? Of(TurnCallback callback)
    {
        string? inner = null;
        foreach (object? link in callback.Awaiters)
        {
            if (OfLink(link, out bool isPlumbing) is { } name)
            {
                if (!isPlumbing)
                {
                    return name;
                }

                inner ??= name;
            }
        }

        return OfTarget(callback.Target) ?? inner ?? (callback.Target is Delegate code ? OfMethod(code.Method) : null);
    }

    /// <summary>Names a link of a chain of awaits: an async method in the middle of its life is a task, or another object, whose type has its state machine as an argument.</summary>
    private static string? OfLink(object? link, out bool isPlumbing)
    {
        isPlumbing = false;
        if (link is INamedCallback named)
        {
            return OfTarget(named.Callback.Target);
        }

        if (link is Delegate code)
        {
            isPlumbing = IsPlumbing(code.Method.DeclaringType);
            return isPlumbing && code.Target is not null ? null : OfMethod(code.Method); // With a target it is about that, which is the next link.
        }

        if (link is null || MachineOf(link.GetType()) is not { } machine)
        {
            return null;
        }

        isPlumbing = IsPlumbing(machine);
        return OfType(machine);
    }

    private static string? OfTarget(object? target) => target switch
    {
        null => null,
        string name => name,
        INamedCallback named => OfTarget(named.Callback.Target),
        Delegate code => IsPlumbing(code.Method.DeclaringType) ? null : OfMethod(code.Method),
        _ => IsPlumbing(target.GetType()) ? null : OfType(target.GetType()),
    };

    private static Type? MachineOf(Type box) => box.GenericTypeArguments.FirstOrDefault(t => typeof(IAsyncStateMachine).IsAssignableFrom(t));

    /// <summary>Dispatch's own and the framework's code is of interest only for whom it works for.</summary>
    private static bool IsPlumbing(Type? type) =>
        type is not null && (type.Assembly == Own || (type.Assembly.GetName().Name is { } name && (name.StartsWith("System.", StringComparison.Ordinal) || name.StartsWith("Microsoft.AspNetCore.", StringComparison.Ordinal))));

    private static string OfMethod(MethodInfo method)
    {
        string name = Readable(method.Name);
        string? type = method.DeclaringType is { } declaring ? OfType(declaring) : null;
        return type is null ? name : method.Name.StartsWith('<') && type.EndsWith('.' + name, StringComparison.Ordinal) ? type : $"{type}.{name}";
    }

    /// <summary>Names a type; of one that the compiler made for a method, the method.</summary>
    private static string OfType(Type type)
    {
        if (MachineOf(type) is { } machine)
        {
            return OfType(machine); // A pooled box.
        }

        if (type.DeclaringType is not { } outer)
        {
            return Plain(type.Name);
        }

        string own = Readable(type.Name);
        return own.Length == 0 ? OfType(outer) : $"{OfType(outer)}.{own}";
    }

    /// <summary>What the compiler's names are about: <c>&lt;HandleAsync&gt;d__3</c> and <c>&lt;HandleAsync&gt;b__0</c> about HandleAsync, <c>&lt;Main&gt;g__Local|0</c> about Local, <c>&lt;&gt;c</c> about nothing.</summary>
    private static string Readable(string name)
    {
        if (!name.StartsWith('<'))
        {
            return Plain(name);
        }

        int end = name.LastIndexOf('>');
        if (name.IndexOf("g__", end, StringComparison.Ordinal) is > 0 and int local)
        {
            int bar = name.IndexOf('|', local);
            return name[(local + 3)..(bar < 0 ? name.Length : bar)];
        }

        string inner = name[1..end];
        return inner.StartsWith('<') ? Readable(inner) : inner;
    }

    private static string Plain(string name) => name.IndexOf('`', StringComparison.Ordinal) is > 0 and int tick ? name[..tick] : name;
}
