using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Dispatch.Hosting;

/// <summary>Checks the options of one dispatcher when the host starts, with the key of what is wrong in the message.</summary>
internal sealed class DispatcherOptionsValidator(string optionsName, string section) : IValidateOptions<DispatcherOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, DispatcherOptions options)
    {
        if (name != optionsName)
        {
            return ValidateOptionsResult.Skip;
        }

        try
        {
            options.ValidateAll();
            return ValidateOptionsResult.Success;
        }
        catch (ArgumentException e)
        {
            string key = e.ParamName is null ? section : ConfigurationPath.Combine(section, Capitalized(e.ParamName));
            return ValidateOptionsResult.Fail($"{key} (from the configuration, or set in code): {e.Message}");
        }
    }

    private static string Capitalized(string parameter) => char.ToUpperInvariant(parameter[0]) + parameter[1..];
}
