using System.Collections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Dispatch.AspNetCore;

/// <summary>
/// The features that a connection has by itself, without a table: ten thousand idle connections would have ten thousand of the same. What others set goes before these.
/// </summary>
internal sealed class TransportFeatures(TransportConnection connection) : IFeatureCollection
{
    private static readonly Type[] OfConnection =
    [
        typeof(IConnectionIdFeature),
        typeof(IConnectionTransportFeature),
        typeof(IConnectionItemsFeature),
        typeof(IMemoryPoolFeature),
        typeof(IConnectionLifetimeFeature),
        typeof(IConnectionSocketFeature),
        typeof(IConnectionEndPointFeature),
    ];

    /// <inheritdoc/>
    public bool IsReadOnly => true;

    /// <inheritdoc/>
    public int Revision => 0;

    /// <inheritdoc/>
    public object? this[Type key]
    {
        // Every request looks for the placement.
        get => key == typeof(RequestPlacement) ? connection.Placement : Array.IndexOf(OfConnection, key) >= 0 ? connection : null;
        set => throw new NotSupportedException("These features are the connection's own. What is set belongs to the collection around them.");
    }

    /// <inheritdoc/>
    public TFeature? Get<TFeature>() => (TFeature?)this[typeof(TFeature)];

    /// <inheritdoc/>
    public void Set<TFeature>(TFeature? instance) => this[typeof(TFeature)] = instance;

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<Type, object>> GetEnumerator()
    {
        yield return new(typeof(RequestPlacement), connection.Placement);
        foreach (Type type in OfConnection)
        {
            yield return new(type, connection);
        }
    }

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
